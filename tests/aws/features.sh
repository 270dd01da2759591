# The features that tests need, one set for every command, so that nothing is built twice: to be sourced.
FEATURES=stepwell-tests/aws
for function in trigger step callback status rollback supervisor; do
  FEATURES="$FEATURES,stepwell-$function/lambda"
done
