"""
The stations in the words of the Human Services Data Specification 3.0 (Open Referral), for apps that speak it.

`identity` names things, `taxonomies` turns the vocabulary into terms, `schedules` turns opening hours into rows of
recurrence, `stations` reads the columns, `locations` and `at_locations` describe places, `directory` puts
organisations, services and places together, `search` narrows them. What is not known is left out: the
specification's types have no null.
"""
