"""facts.py - the numbers that a drill follows.

MEASURED: from real message boards and the events of a real district (docs/drill.md says which and how they are used).
OURS: nobody has measured it; a plausible number, here to be changed.
"""

# --- MEASURED ----------------------------------------------------------------------------------------------------------------

# Arrivals by hour, share of a day in percent (message board); what was measured over several hours is spread over them.
HOURS = ([5.9 / 7] * 7 + [1.3, 4.1, 6.1, 11.7, 8.1, 5.6, 4.7, 6.3, 9.2, 6.6, 7.7] + [16.2 / 4] * 4 + [6.5 / 2] * 2)

# Arrivals by weekday, Monday first, share of a week in percent (message board).
WEEKDAYS = (15.6, 19.8, 18.7, 16.5, 15.0, 6.2, 8.2)

# Cases a day: median, and the largest day seen as a multiple of it (326 of 99).
PER_DAY, LARGEST_DAY = 99, 3.3

# Length of a text in bytes of UTF-8: median 560-610, p90 2.0-2.7 KB, p99 5.7-7.9 KB, maximum 25,356: a log-normal. A text
# ends with the sentence that reaches the length that was drawn, so the median drawn is lower.
TEXT_MEDIAN, TEXT_SIGMA, TEXT_MIN, TEXT_MAX = 525, 1.08, 60, 25356
TITLE_MAX = 111

# Share of the fields in percent, by the letter of the matter. The first six are measured (Pingshan); it measured only "under 3.5 each"
# for the others, how these 11.5 % are shared out is ours.
FIELDS = {"A": 34.8, "B": 20.5, "C": 19.3, "D": 5.3, "E": 4.4, "F": 4.2,
          "G": 1.6, "H": 2.8, "I": 1.7, "J": 1.9, "K": 0.9, "L": 0.5, "M": 0.4, "N": 1.1, "O": 0.6}

# Late leads in percent of those that are due, by field. 9.2 over all: the fields that were not measured have what is
# left, less those that come late by themselves (a call that lasts, a citizen who cannot be reached).
LATE_DEFAULT = 6.5
LATE = {"G": 26.7, "H": 22.9, "I": 22.8, "B": 15.6, "C": 4.1, "D": 2.1}

# Near duplicates and repeaters. Of all messages 9 % have a partner at Jaccard 0.9, 11-16 % at 0.7; largest cluster 6. Of all events
# 32.5 % share community, matter and day with another. One sender wrote 92 of 4,326. A copy makes two messages that have a
# partner, so the chances are about half of the shares.
COPY, LOOSE_COPY, CLUSTER_MAX = 0.052, 0.018, 6
SAME_DAY_MATTER = 0.175
BUSIEST_SENDER = 92 / 4326

# Kinds in percent: complaints are measured, the rest is ours.
KINDS = {"complaint": 93.0, "request": 2.6, "advice": 1.8, "suggestion": 1.4, "report": 0.8, "praise": 0.4}

# --- OURS ----------------------------------------------------------------------------------------------------------------------

CHANNELS = {"hotline": 56.0, "city_line": 14.0, "web": 11.0, "grid": 9.0, "open311": 3.0, "visit": 3.0, "letterbox": 2.0, "media": 1.0,
            "leader": 1.0}
ANONYMOUS, NO_REPLY, SECRECY = 0.05, 0.02, 0.01
REPEATERS, REPEATER_SHARE = 80, 0.07  # known senders besides the busiest, and their share of the messages
MATTER_UNKNOWN = 0.06  # the operator cannot tell the matter: routed by hand
PLACE_GRID, PLACE_STREET, PLACE_DISTRICT = 0.35, 0.05, 0.01  # else the community
COMPLEX = 0.02
URGENT_MATTERS = {"N01": 0.9, "N02": 0.5, "N03": 0.9, "N06": 0.4, "N09": 0.4, "C09": 0.4, "C10": 0.5, "B03": 0.3, "B10": 0.3}
EMERGENCY_MATTERS = {"N05": 0.9, "E06": 0.3, "E09": 0.1, "H06": 0.3, "O05": 0.3, "E08": 0.2}
HEAVY_DAY = 0.02  # storms, a queue after a holiday
DAY_SIGMA = 0.22  # of an ordinary day's volume around its weekday's
HOLIDAY = 7.0  # a day off counts like this weekday share, a make-up day like a Friday
