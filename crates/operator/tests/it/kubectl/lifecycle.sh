# The subscription, as the guide makes it, to a catalog of ours. VERSION is set before.
kubectl create namespace rhdh-operator
kubectl -n rhdh-operator create secret docker-registry rhdh-pull-secret \
    --docker-server=registry.example.com \
    --docker-username=ann \
    --docker-password=secret \
    --docker-email=ann@example.com
cat <<EOF | kubectl -n rhdh-operator apply -f -
apiVersion: operators.coreos.com/v1alpha1
kind: CatalogSource
metadata:
  name: callboard-catalog
spec:
  sourceType: grpc
  image: registry.example.com/callboard-index:latest
  secrets:
  - "rhdh-pull-secret"
  displayName: Callboard
EOF
cat <<EOF | kubectl apply -n rhdh-operator -f -
apiVersion: operators.coreos.com/v1
kind: OperatorGroup
metadata:
  name: rhdh-operator-group
EOF
cat <<EOF | kubectl apply -n rhdh-operator -f -
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: rhdh
  namespace: rhdh-operator
spec:
  channel: fast
  installPlanApproval: Automatic
  name: rhdh
  source: callboard-catalog
  sourceNamespace: rhdh-operator
  startingCSV: rhdh-operator.v$VERSION
EOF
