# The manifest, as the guide makes and edits it; `edits.sed` does what it has people do by hand.
make --no-print-directory deployment-manifest
sed -i "s/backstage-operator/rhdh-operator/g" rhdh-operator-*.yaml
sed -i "s/backstage-system/rhdh-operator/g" rhdh-operator-*.yaml
sed -i "s/backstage-controller-manager/rhdh-controller-manager/g" rhdh-operator-*.yaml
sed -i -f edits.sed rhdh-operator-*.yaml
sed -i "s#gcr.io/kubebuilder/kube-rbac-proxy:.*#registry.example.com/ose-kube-rbac-proxy:v4.15#g" rhdh-operator-*.yaml
sed -i "s#quay.io/janus-idp/operator:.*#registry.example.com/rhdh-rhel9-operator:1.1#g" rhdh-operator-*.yaml
sed -i "s#quay.io/janus-idp/backstage-showcase:.*#registry.example.com/rhdh-hub-rhel9:1.1#g" rhdh-operator-*.yaml
sed -i "s#quay.io/fedora/postgresql-15:.*#registry.example.com/postgresql-15:latest#g" rhdh-operator-*.yaml
sed -i -f pull-secret.sed rhdh-operator-*.yaml
