"""One whole Sentinel on one machine: where it lives, its processes, and how other commands find it.

`place` says where things are kept, `keys` the secrets, `postgres` and `broker` the two servers, `processes` how a child
is started and ended, `supervisor` keeps children alive, `starting` puts all of it together for `sentinel start`.
`locate` finds a system for every other command; `roles` and `checks` also serve a PostgreSQL of one's own.
"""
