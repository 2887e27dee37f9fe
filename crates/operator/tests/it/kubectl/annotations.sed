# Annotations of the pods of every hub.
/^  deployment.yaml: |/,/^  [a-z]/ s/^\( *\)annotations:$/&\n\1  prometheus.io\/scrape: 'true'\n\1  prometheus.io\/path: '\/metrics'\n\1  prometheus.io\/port: '7007'\n\1  prometheus.io\/scheme: 'http'/
