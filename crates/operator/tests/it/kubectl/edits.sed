# The edits of the default configuration that the guide asks for.
/^  db-statefulset.yaml: |/,/^  [a-z]/ s/^\( *\)restartPolicy: Always/&\n\1securityContext:\n\1# You can assign any random value as fsGroup\n\1  fsGroup: 2000/
/^  deployment.yaml: |/,/^  [a-z]/ s/^\( *\)automountServiceAccountToken: false/\1securityContext:\n\1  # You can assign any random value as fsGroup\n\1  fsGroup: 3000\n&/
/^  service.yaml: |/,/^  [a-z]/ s/type: ClusterIP/type: NodePort/
