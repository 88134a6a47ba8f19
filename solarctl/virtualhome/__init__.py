"""A house with physics, and an emulator of every vendor's protocol on the loopback interface.

It follows the vendors, not our drivers, and shares no code with them.
"""
