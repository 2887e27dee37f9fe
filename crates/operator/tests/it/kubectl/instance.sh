# An instance, as the guide makes it.
kubectl create namespace ns1
kubectl config set-context --current --namespace=ns1
kubectl create secret docker-registry rhdh-pull-secret \
    --docker-server=registry.example.com \
    --docker-username=ann \
    --docker-password=secret \
    --docker-email=ann@example.com
cat > app-config-rhdh.yaml <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-config-rhdh
data:
  "app-config-rhdh.yaml": |
    app:
      title: Lantern Theatres
      baseUrl: https://hub.example.com
    backend:
      auth:
        keys:
          - secret: "${BACKEND_SECRET}"
      baseUrl: https://hub.example.com
      cors:
        origin: https://hub.example.com
EOF
cat > secrets-rhdh.yaml <<'EOF'
apiVersion: v1
kind: Secret
metadata:
  name: secrets-rhdh
stringData:
  BACKEND_SECRET: "xxx"
EOF
cat > my-rhdh.yaml <<'EOF'
apiVersion: rhdh.redhat.com/v1alpha1
kind: Backstage
metadata:
  name: my-rhdh
spec:
  application:
    imagePullSecrets:
    - "rhdh-pull-secret"
    route:
      enabled: false
    appConfig:
      configMaps:
        - name: "app-config-rhdh"
    extraEnvs:
      secrets:
        - name: "secrets-rhdh"
EOF
kubectl apply -f app-config-rhdh.yaml -f secrets-rhdh.yaml
kubectl patch serviceaccount default \
    -p '{"imagePullSecrets": [{"name": "rhdh-pull-secret"}]}' \
    -n ns1
kubectl apply -f my-rhdh.yaml
kubectl wait --for=condition=Deployed backstage/my-rhdh --timeout=20s
