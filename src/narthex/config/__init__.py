"""`prometheus.yml`: composed of what each room declares, read strictly, reloaded whole or not."""
