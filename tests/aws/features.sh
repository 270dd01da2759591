# The features that tests need, one set for every command, so that nothing is built twice, and the binaries of the host and the
# functions: to be sourced.
FEATURES=stepwell-tests/aws
BINARIES=(--bin stepwell)
for function in trigger step callback status rollback supervisor; do
  FEATURES="$FEATURES,stepwell-$function/lambda"
  BINARIES+=(--bin "stepwell-$function")
done
