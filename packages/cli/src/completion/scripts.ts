import type { CommandWords } from './words.ts';

/**
 * What a shell has to read so that Tab completes `npx brew …`. Only `npx` is completed, and it only behind `npx brew`: `brew` alone
 * is a package manager on many machines. All words stand in the script, so that it asks nobody.
 */
export function completionScript(shell: 'bash' | 'zsh', commands: readonly CommandWords[]): string {
  return shell === 'bash' ? bash(commands) : zsh(commands);
}

/** The case branches that both shells understand: they set `words` for a flag's value, else for what else may come. */
function branches(commands: readonly CommandWords[], assign: (words: readonly string[]) => string): string[] {
  const values = commands.flatMap(({ name, values }) =>
    values.map(
      ({ flags, words }) => `    ${flags.map((flag) => `'${name} ${flag}'`).join('|')}) ${assign(words)} ;;`,
    ),
  );
  return [
    ...values,
    // The longer first: `dlq ` is how `dlq list ` begins.
    ...commands
      .toSorted(byLength)
      .map(({ name, words, flags }) => `    '${name} '*) ${assign([...words, ...flags])} ;;`),
  ];
}

const byLength = (a: CommandWords, b: CommandWords) => b.name.length - a.name.length;

/** The case branch that takes two words for the command where they are one and its subcommand. */
const subcommands = (commands: readonly CommandWords[]): string =>
  commands
    .map(({ name }) => name)
    .filter((name) => name.includes(' '))
    .map((name) => `'${name}'`)
    .join('|') || "''";

const topLevel = (commands: readonly CommandWords[]) => commands.filter(({ name }) => !name.includes(' '));

/** bash 3.2 understands it, too, which is what macOS has. */
const bash = (commands: readonly CommandWords[]) => `# Tab completes: npx brew …
_npx_brew() {
  local words='' current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W 'brew' -- "$current"))
    return
  fi
  [ "\${COMP_WORDS[1]}" = brew ] || return
  if [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W '${topLevel(commands)
      .map(({ name }) => name)
      .join(' ')}' -- "$current"))
    return
  fi
  local command="\${COMP_WORDS[2]}"
  if [ "$COMP_CWORD" -gt 3 ]; then
    case "$command \${COMP_WORDS[3]}" in
    ${subcommands(commands)}) command="$command \${COMP_WORDS[3]}" ;;
    esac
  fi
  case "$command $previous" in
${branches(commands, (words) => `words='${words.join(' ')}'`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _npx_brew npx`;

const zsh = (commands: readonly CommandWords[]) => `# Tab completes: npx brew …
_npx_brew() {
  local -a found
  if (( CURRENT == 2 )); then
    compadd brew
    _files
    return
  fi
  if [[ "$words[2]" != brew ]]; then
    _files
    return
  fi
  if (( CURRENT == 3 )); then
    found=(
${topLevel(commands)
  .map(({ name, description }) => `      '${name}:${description.replaceAll("'", "'\\''")}'`)
  .join('\n')}
    )
    _describe 'command' found
    return
  fi
  local command="$words[3]"
  if (( CURRENT > 4 )); then
    case "$command $words[4]" in
    ${subcommands(commands)}) command="$command $words[4]" ;;
    esac
  fi
  case "$command $words[CURRENT-1]" in
${branches(commands, (words) => `found=(${words.join(' ')})`).join('\n')}
  esac
  (( \${#found} )) && compadd -a found || _files
}
compdef _npx_brew npx`;
