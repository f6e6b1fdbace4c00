"""What we are made of: the lock looked over, its licences, and a bill of materials; offline."""
