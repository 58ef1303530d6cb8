# bash completion of matches(1); written by generate.py, not by hand
# shellcheck shell=bash disable=SC2207
_matches()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	# bash splits --option=value at the sign
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	local word command=
	for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
		case $word in list|show|stats|tree|timeline|export|merge|sql|schema) command=$word && break ;; esac
	done
	case $command in
	'')
		words="list show stats tree timeline export merge sql schema --help --version"
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
		;;
	list)
		words="--db --rule --priority --tag --from --to --process --pid --container --search --trace --run --limit --format --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--rule|--tag|--from|--to|--process|--pid|--container|--search|--trace|--run|--limit) return ;;
		--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
		--format) COMPREPLY=($(compgen -W "table json csv" -- "$cur")); return ;;
		esac
		;;
	show)
		words="--db --around --thread --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--around) return ;;
		esac
		;;
	stats)
		words="--db --rule --priority --tag --from --to --process --pid --container --search --trace --run --top --format --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--rule|--tag|--from|--to|--process|--pid|--container|--search|--trace|--run|--top) return ;;
		--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
		--format) COMPREPLY=($(compgen -W "table json csv" -- "$cur")); return ;;
		esac
		;;
	tree)
		words="--db --rule --priority --tag --from --to --process --pid --container --search --trace --run --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--rule|--tag|--from|--to|--process|--pid|--container|--search|--trace|--run) return ;;
		--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
		esac
		;;
	timeline)
		words="--db --rule --priority --tag --from --to --process --pid --container --search --trace --run --bucket --entries --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--rule|--tag|--from|--to|--process|--pid|--container|--search|--trace|--run|--bucket) return ;;
		--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
		esac
		;;
	export)
		words="--db --rule --priority --tag --from --to --process --pid --container --search --trace --run --format --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--rule|--tag|--from|--to|--process|--pid|--container|--search|--trace|--run) return ;;
		--priority) COMPREPLY=($(compgen -W "emergency alert critical error warning notice informational debug" -- "$cur")); return ;;
		--format) COMPREPLY=($(compgen -W "json csv" -- "$cur")); return ;;
		esac
		;;
	merge)
		words="--no-sandbox --help"
		;;
	sql)
		words="--db --format --no-sandbox --help"
		case $prev in
		--db) compopt -o default; return ;;
		--format) COMPREPLY=($(compgen -W "table json csv" -- "$cur")); return ;;
		esac
		;;
	schema)
		words="--help"
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		compopt -o default
	fi
}
complete -F _matches matches
