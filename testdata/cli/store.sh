# Sourced by the tests of matches: a store of both small traces, in a folder that has one name everywhere.
cd "$WORK" || exit
cp "$SAKER_SOURCE_DIR"/testdata/traces/{host-small.scap,container-small.scap.gz} .
cp "$SAKER_SOURCE_DIR/testdata/rules/small.yaml" .
replay -q -o none --db matches.db --extra-field proc.pid --extra-field evt.num -r small.yaml host-small.scap container-small.scap.gz

# The folder is another one each time.
anywhere() {
	sed "s#$WORK#WORK#g"
}
