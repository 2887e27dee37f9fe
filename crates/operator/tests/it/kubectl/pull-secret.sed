# The pull secret of the operator itself.
s/^\( *\)serviceAccountName: rhdh-controller-manager$/\1imagePullSecrets:\n\1  - name: rhdh-pull-secret\n&/
