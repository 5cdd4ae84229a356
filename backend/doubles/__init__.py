"""Doubles of servers that belong to others. Each says so in every answer, and answers on the loopback only."""
