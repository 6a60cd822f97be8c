"""What a peer-support programme is: its setting, people, money and rules."""
