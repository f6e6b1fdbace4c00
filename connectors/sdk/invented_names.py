"""The names, departments and titles that invented people are made of. None of them is anybody's."""

from typing import Final

_FIRST_NAMES: Final = """
Johanna/Janine Wilhelmina/Willemijn Petrus/Piet Hendrik/Henk Cornelis/Kees Adrianus/Ad
Elisabeth/Els Catharina/Trijntje Theodorus/Theo Margaretha/Greet Jacobus/Jaap Gerardus/Gerrit
Geertruida/Truus Antonius/Toon Maria/Marieke Dirk/Dirk Anna/Anouk Sanne/Sanne Thijs/Thijs
Femke/Femke Lotte/Lotte Daan/Daan Bram/Bram Fleur/Fleur Sophie/Sophie Ruben/Ruben Noor/Noor
Maud/Maud Lieke/Lieke Jesse/Jesse Milan/Milan Tess/Tess Niels/Niels Roos/Roos Joris/Joris
Wouter/Wouter Marloes/Marloes Esmée/Esmée Renée/Renée Loïs/Loïs Anaïs/Anaïs Jeroen/Jeroen
Fatima/Fatima Mohammed/Mo Aylin/Aylin Emre/Emre Yasmina/Yasmina Youssef/Youssef Samira/Sam
Priya/Priya Rajesh/Raj Agnieszka/Aga Zbigniew/Zbyszek Zoë/Zoë José/José Inés/Inés Chloé/Chloé
Giulia/Giulia Luca/Luca Søren/Søren Åsa/Åsa Björn/Björn Jürgen/Jürgen Katarzyna/Kasia
Łukasz/Łukasz Đorđe/Đole Nguyệt/Nguyệt Minh/Minh Kwame/Kwame Abena/Abena Winston/Winston
Xiomara/Xio Ngozi/Ngozi Leilani/Lani Siobhán/Siobhán Ewout/Ewout Tjitske/Tjitske Sjoerd/Sjoerd
Froukje/Froukje
"""
_FAMILY_NAMES: Final = """
de|Vries; van den|Boele; de|Jong; Bakker; van|Dijk; Visser; Smit; Meijer; de|Boer; Mulder;
de|Groot; Bos; Vos; Peters; Hendriks; van|Leeuwen; Dekker; Brouwer; de|Wit; Dijkstra; Smits;
de|Graaf; van der|Meer; van der|Linden; Kok; Jacobs; de|Haan; Vermeulen; van den|Heuvel;
van der|Veen; van den|Broek; de|Bruin; van der|Heijden; Schouten; van|Beek; Willems; van|Vliet;
van de|Ven; Hoekstra; Maas; Verhoeven; Koster; van|Dam; van der|Wal; Prins; Blom; Huisman;
Peeters; de|Jonge; Kuipers; van|Veen; Post; Kuiper; Veenstra; Kramer; van|Wijk; ten|Brink;
ter|Horst; in 't|Veld; van 't|Hof; 't|Hart; op den|Kamp; uit den|Boogaard; el|Amrani; Yılmaz;
Çelik; Benali; da|Silva; García; Müller; Schröder; Lindström; Nørgaard; Wójcik; Kowalska;
Nguyễn; Okafor; Mensah; Patel; Sharma; O'Connor; D'Angelo; Saint-Martin; Novák; Dvořáková
"""
_FAMILY_STEMS: Final = """
Veld Berg Hof Broek Linde Water Molen Kerk Brug Land Bosch Heide Duin Steen Wilgen Elzen Beuken
Haver Rogge Koren Zand Klaver Gras Vennen Dorps Groene Witte Zwarte Hoog Laag Noord Zuider
Ooster Wester
"""
_FAMILY_ENDINGS: Final = """
stra sema huis kamp burg zicht rust meijer man haven dijk horst sloot vaart poort weide hart
mans
"""

FIRST_NAMES: Final = tuple(pair.split("/") for pair in _FIRST_NAMES.split())
"""Given name and the name somebody goes by."""

FAMILY_NAMES: Final = tuple(
    name.strip().rpartition("|")[::2] for name in _FAMILY_NAMES.replace("\n", " ").split(";")
)
"""Prefix ("" for none) and family name."""

FAMILY_STEMS: Final = tuple(_FAMILY_STEMS.split())
FAMILY_ENDINGS: Final = tuple(_FAMILY_ENDINGS.split())
"""A stem and an ending make one more family name."""

DEPARTMENTS: Final = (
    # id, name, parent, place of the person who leads it
    ("BOARD", "Board", "", 0),
    ("CARE", "Care", "BOARD", 1),
    ("NURSING", "Nursing", "CARE", 2),
    ("HOMECARE", "Home care", "CARE", 3),
    ("TREATMENT", "Treatment", "CARE", 4),
    ("SUPPORT", "Support", "BOARD", 5),
    ("HR", "Human resources", "SUPPORT", 6),
    ("FINANCE", "Finance", "SUPPORT", 7),
    ("IT", "Information technology", "SUPPORT", 8),
    ("FACILITY", "Facilities", "SUPPORT", 9),
    ("KITCHEN", "Kitchen", "FACILITY", 9),
    ("VOLUNTEERS", "Volunteers", "CARE", None),
)

TITLES: Final = {
    "BOARD": (("DIRECTOR", "Director"), ("SECRETARY", "Secretary")),
    "CARE": (("CARE-COORD", "Care coordinator"), ("PLANNER", "Planner")),
    "NURSING": (("NURSE", "Nurse"), ("NURSE-SR", "Senior nurse"), ("CARER", "Carer")),
    "HOMECARE": (("CARER", "Carer"), ("HOME-AID", "Home aid"), ("NURSE", "Nurse")),
    "TREATMENT": (("PHYSICIAN", "Physician"), ("THERAPIST", "Therapist")),
    "SUPPORT": (("SECRETARY", "Secretary"),),
    "HR": (("HR-ADVISOR", "HR advisor"),),
    "FINANCE": (("CONTROLLER", "Controller"), ("BOOKKEEPER", "Bookkeeper")),
    "IT": (("SYSADMIN", "System administrator"), ("ENGINEER", "Engineer")),
    "FACILITY": (("CARETAKER", "Caretaker"),),
    "KITCHEN": (("COOK", "Cook"),),
    "VOLUNTEERS": (("VOLUNTEER", "Volunteer"),),
}
"""Department -> titles (id, name) that occur in it."""

LEAD_TITLE: Final = ("TEAMLEAD", "Team leader")

WEIGHTS: Final = {
    "BOARD": 1,
    "CARE": 6,
    "NURSING": 34,
    "HOMECARE": 22,
    "TREATMENT": 8,
    "SUPPORT": 2,
    "HR": 3,
    "FINANCE": 4,
    "IT": 5,
    "FACILITY": 5,
    "KITCHEN": 5,
    "VOLUNTEERS": 5,
}
"""Department -> how many of a hundred people work there, more or less."""

LOCATIONS: Final = ("Amersfoort", "Enschede", "Utrecht", "Zwolle", "Thuis")
EMPLOYERS: Final = {
    "BOARD": "Example Support",
    "SUPPORT": "Example Support",
    "CARE": "Example Care",
}
"""Top department -> employer."""

EDGES: Final = (
    # prefix, family name, given name, nickname, initials, partner prefix, partner name, convention,
    # kind of contracts
    ("", "Ruijter", "Olivier", "Olivier", "O.", "", "", "B", "ended"),
    ("", "O'Brien", "Sean", "Sean", "S.P.", "", "", "B", "two"),
    ("de", "Jong", "Johannes Petrus", "Jan Peter", "J.P.", "", "", "B", "fixed"),
    ("", "Weiß", "Øyvind", "Øyvind", "Ø.", "", "", "B", "future"),
    ("", "Смирнова", "Ольга", "Ольга", "О.", "", "", "B", "one"),
    ("", "李", "伟", "伟", "", "", "", "B", "one"),
    ("van 't", "Hof", "Maria Johanna", "Marijke", "M.J.", "", "", "P", "one"),
    ("", "Bakker", "Emma", "Emma", "E.", "", "", "B", "one"),
    ("", "Bakker", "Emma", "Emma", "E.", "", "", "B", "future"),
    (
        "van der",
        "Hoogenkamp-Wilgenburg tot Oosterweide",
        "Wilhelmina Theodora Anna",
        "Wilhelmina-Theodora",
        "W.T.A.",
        "van den",
        "Zwartewaterschans-Lindenhorst",
        "BP",
        "one",
    ),
)
"""Persons 10 to 19: the names and contracts that break things."""
