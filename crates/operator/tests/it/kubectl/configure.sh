# What the guide does with the operator of a subscription before it makes an instance.
kubectl -n rhdh-operator patch deployment \
    rhdh.fast --patch '{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"rhdh-pull-secret"}]}}}}' \
    --type=merge
export EDITOR="sed -i -f edits.sed"
kubectl -n rhdh-operator edit configmap backstage-default-config
