# bash completion of replay(1); written by generate.py, not by hand
# shellcheck shell=bash disable=SC2207
_replay()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	# bash splits --option=value at the sign
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	words="--rules --rule-matching --output --db --extra-field --tag --skip-tag --skip-rule --priority --from --to --jobs --shard --no-summary --list-fields --list-events --list-rules --describe-rule --format --no-sandbox --help --version"
	case $prev in
	--rules|-r|--db) compopt -o default; return ;;
	--rule-matching) COMPREPLY=($(compgen -W "all first" -- "$cur")); return ;;
	--output|-o) COMPREPLY=($(compgen -W "text json none" -- "$cur")); return ;;
	--extra-field|--tag|-t|--skip-tag|-T|--skip-rule|-D|--from|--to|--jobs|-j|--shard|--describe-rule) return ;;
	--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
	--format) COMPREPLY=($(compgen -W "text markdown json" -- "$cur")); return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		compopt -o default
	fi
}
complete -F _replay replay
