# bash completion of ruletest(1); written by generate.py, not by hand
# shellcheck shell=bash disable=SC2207
_ruletest()
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
		case $word in run|explain|diff|coverage|profile|tune|record|lint|check|describe) command=$word && break ;; esac
	done
	case $command in
	'')
		words="run explain diff coverage profile tune record lint check describe --help --version"
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
		;;
	run)
		words="--output --jobs --verbose --update --cache --no-cache --no-sandbox --help"
		case $prev in
		--output|-o) COMPREPLY=($(compgen -W "text tap junit json" -- "$cur")); return ;;
		--jobs|-j) return ;;
		--cache) compopt -o default; return ;;
		esac
		;;
	explain)
		words="--rules --rule --event --nearest --every --json --colour --no-sandbox --help"
		case $prev in
		--rules|-r) compopt -o default; return ;;
		--rule|--event|-e|--nearest|-n) return ;;
		--colour) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
		esac
		;;
	diff)
		words="--rules --output --examples --jobs --cache --no-cache --no-sandbox --help"
		case $prev in
		--rules|-r|--cache) compopt -o default; return ;;
		--output|-o) COMPREPLY=($(compgen -W "text markdown json" -- "$cur")); return ;;
		--examples|-n|--jobs|-j) return ;;
		esac
		;;
	coverage)
		words="--rules --json --no-sandbox --help"
		case $prev in
		--rules|-r) compopt -o default; return ;;
		esac
		;;
	profile)
		words="--rules --top --clauses --advice --json --no-sandbox --help"
		case $prev in
		--rules|-r) compopt -o default; return ;;
		--top|-n) return ;;
		esac
		;;
	tune)
		words="--rules --rule --benign --event --field --no-sandbox --help"
		case $prev in
		--rules|-r) compopt -o default; return ;;
		--rule|--benign|-b|--event|-e|--field|-f) return ;;
		esac
		;;
	record)
		words="--rules --redact --help"
		case $prev in
		--rules|-r) compopt -o default; return ;;
		--redact|-w) return ;;
		esac
		;;
	lint)
		words="--fix --json --no-sandbox --help"
		;;
	check)
		words="--json --no-sandbox --help"
		;;
	describe)
		words="--rule --no-sandbox --help"
		case $prev in
		--rule|-r) return ;;
		esac
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		compopt -o default
	fi
}
complete -F _ruletest ruletest
