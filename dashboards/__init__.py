"""SLOs as code, the only place with thresholds, and what is generated from them: Prometheus rules, Grafana dashboards.

May import: the declared metrics. Must never: judge.
"""
