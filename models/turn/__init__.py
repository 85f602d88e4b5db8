"""Has the speaker finished?"""
