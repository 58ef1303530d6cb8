# shellcheck shell=sh
# private_apt FOLDER (to be sourced): an apt that keeps its lists in FOLDER and looks into the archives of
# FOLDER/parts/*.list alone, for downloads of which the machine's own does not hear.  Writes the
# configuration, FOLDER/apt.conf, for $APT_CONFIG.
private_apt() {
	mkdir -p "$1/lists/partial" "$1/parts"
	cat >"$1/apt.conf" <<-CONF
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$1/parts";
		Dir::State::Lists "$1/lists";
		Dir::Cache::pkgcache "";
		Dir::Cache::srcpkgcache "";
		APT::Sandbox::User "";
	CONF
}
