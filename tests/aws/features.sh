# To be sourced. FEATURES is the one set of features that every command of the tests uses, so that nothing is built
# twice. BINARIES names the binaries of the embedded host and of the functions.
FEATURES=stepwell-tests/aws,stepwell-lambda/lambda
BINARIES=(--bin stepwell)
for function in trigger step callback status rollback supervisor; do
  FEATURES="$FEATURES,stepwell-$function/lambda"
  BINARIES+=(--bin "stepwell-$function")
done
