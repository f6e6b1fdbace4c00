"""Looking whether mail could leave: the server answers, and its certificate is trusted."""

from dataclasses import replace

from connectors.model.connector import Finding
from tasks.examine import Examined
from tasks.mailing import Postman, Unsent
from tasks.site import Site

MAIL = "mail"


def examine_mail(site: Site) -> tuple[Examined, ...]:
    """What the mail server says to a greeting; nothing where no mail is to leave.

    Nobody signs in: a check looks up no credential that only writing needs.
    """
    box = site.mailbox()
    if box is None:
        return ()
    subject = f"{box.host}:{box.port}"
    try:
        with Postman(replace(box, user=None, password=None)) as postman:
            postman.greet()
    except Unsent as error:
        finding = Finding(ok=False, subject=subject, detail=str(error), reached=False)
    else:
        said = "in the clear" if box.encryption == "none" else f"encrypted ({box.encryption})"
        finding = Finding(ok=True, subject=subject, detail=f"it answers, {said}; nobody signed in")
    return (Examined(MAIL, (finding,)),)
