# bash completion of scap(1); written by generate.py, not by hand
# shellcheck shell=bash disable=SC2207
_scap()
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
		case $word in cat|hunt|info|state|convert|slice|split|merge|redact|verify|recover|keygen|sign) command=$word && break ;; esac
	done
	case $command in
	'')
		words="cat hunt info state convert slice split merge redact verify recover keygen sign --help --version"
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
		;;
	cat)
		words="--filter --print --json --fields --from --to --count --time --all --no-sandbox --help"
		case $prev in
		--filter|-f|--print|-p|--fields|-F|--from|--to|--count|-n|--time|-t) return ;;
		esac
		;;
	hunt)
		words="--print --json --fields --from --to --count --read-all --jobs --no-summary --no-sandbox --help"
		case $prev in
		--print|-p|--fields|-F|--from|--to|--count|-n|--jobs) return ;;
		esac
		;;
	info)
		words="--json --columns --top --no-sandbox --help"
		case $prev in
		--top|-n) return ;;
		esac
		;;
	state)
		words="--at --json --no-sandbox --help"
		case $prev in
		--at|-a) return ;;
		esac
		;;
	convert)
		words="--to --upgrade --block-events --segment-events --no-sandbox --help"
		case $prev in
		--to|-t) COMPREPLY=($(compgen -W "stock stock-gz native" -- "$cur")); return ;;
		--block-events|--segment-events) return ;;
		esac
		;;
	slice)
		words="--from --to --filter --format --no-sandbox --help"
		case $prev in
		--from|-b|--to|-e|--filter|-f) return ;;
		--format|-F) COMPREPLY=($(compgen -W "stock stock-gz native" -- "$cur")); return ;;
		esac
		;;
	split)
		words="--events --duration --bytes --format --no-sandbox --help"
		case $prev in
		--events|-n|--duration|-d|--bytes|-b) return ;;
		--format|-F) COMPREPLY=($(compgen -W "stock stock-gz native" -- "$cur")); return ;;
		esac
		;;
	merge)
		words="--interval --format --no-sandbox --help"
		case $prev in
		--interval|-i) return ;;
		--format|-F) COMPREPLY=($(compgen -W "stock stock-gz native" -- "$cur")); return ;;
		esac
		;;
	redact)
		words="--secret --what --json --format --no-sandbox --help"
		case $prev in
		--secret|-s) compopt -o default; return ;;
		--what|-w) return ;;
		--format|-F) COMPREPLY=($(compgen -W "stock stock-gz native" -- "$cur")); return ;;
		esac
		;;
	verify)
		words="--json --key --signature --no-sandbox --help"
		case $prev in
		--key|--signature|-s) compopt -o default; return ;;
		esac
		;;
	recover)
		words="--no-sandbox --help"
		;;
	keygen)
		words="--help"
		;;
	sign)
		words="--key --signature --no-sandbox --help"
		case $prev in
		--key|--signature|-s) compopt -o default; return ;;
		esac
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		compopt -o default
	fi
}
complete -F _scap scap
