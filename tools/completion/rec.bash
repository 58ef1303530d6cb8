# bash completion of rec(1); written by generate.py, not by hand
# shellcheck shell=bash disable=SC2207
_rec()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	# bash splits --option=value at the sign
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	words="--output --no-trace --duration --max-size --rotate --keep --ring --syscalls --filter --snaplen --compress --buffer --self --paths-at-exit --driver --rules --on-match --before --after --json --alert-to --db --rule-matching --tag --skip-tag --skip-rule --priority --extra-field --user --max-cpu --quiet --help --version"
	case $prev in
	--output|-o|--rules|-r|--db) compopt -o default; return ;;
	--duration|-d|--max-size|--rotate|--keep|--ring|--syscalls|--filter|--snaplen|--compress|--buffer|--before|--after|--tag|-t|--skip-tag|-T|--skip-rule|-D|--extra-field|--user|--max-cpu) return ;;
	--driver) COMPREPLY=($(compgen -W "auto bpf kmod" -- "$cur")); return ;;
	--alert-to) COMPREPLY=($(compgen -W "stdout none syslog file" -- "$cur")); return ;;
	--rule-matching) COMPREPLY=($(compgen -W "all first" -- "$cur")); return ;;
	--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		compopt -o default
	fi
}
complete -F _rec rec
