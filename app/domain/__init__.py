"""The hexagon: aggregates, rules, ports and use cases in plain Python.

Nothing in here knows a framework, a database or a wire format. `app.routers` and
`app.adapters` stand on either side of it and meet in `app.wiring`.
"""
