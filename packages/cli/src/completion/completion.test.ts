import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { Command, Option } from 'commander';
import { completionScript } from './scripts.ts';
import { wordsOf } from './words.ts';

const program = new Command('brew');
program
  .command('consume')
  .description("show a topic's records")
  .argument('<topics...>')
  .option('--from <where>')
  .option('-n, --limit <count>')
  .option('--json')
  .addOption(new Option('--hidden').hideHelp());
program.command('completion').argument('<shell>').option('--kafka <mode>');
program.command('status').option('--json');
const dlq = program.command('dlq').option('--json');
dlq.command('list').argument('[group]').option('--reason <reason>');
dlq.command('redrive').argument('<group>').option('--all');

const bash = completionScript('bash', wordsOf(program));

/** What bash offers behind these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const ask = `${bash}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_npx_brew; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n');
}

it.each<[string[], string[]]>([
  [['npx', 'br'], ['brew']],
  [
    ['npx', 'brew', ''],
    ['consume', 'completion', 'status', 'dlq'],
  ],
  [
    ['npx', 'brew', 'co'],
    ['consume', 'completion'],
  ],
  [
    ['npx', 'brew', 'status', '--'],
    ['--json', '--help'],
  ],
  [['npx', 'brew', 'consume', 'brew.o'], ['brew.orders.v1']],
  [
    ['npx', 'brew', 'consume', 'orders', '--'],
    ['--from', '--limit', '--json', '--help'],
  ],
  [
    ['npx', 'brew', 'consume', 'orders', '--from', ''],
    ['beginning', 'now'],
  ],
  [['npx', 'brew', 'completion', '--kafka', 'd'], ['dedicated']],
  [
    ['npx', 'brew', 'dlq', ''],
    ['list', 'redrive', '--json', '--help'],
  ],
  [['npx', 'brew', 'dlq', 'list', 'kit'], ['kitchen']],
  [
    ['npx', 'brew', 'dlq', 'redrive', 'kitchen', '--'],
    ['--all', '--help'],
  ],
  [
    ['npx', 'brew', 'dlq', 'list', '--reason', 'f'],
    ['failed', 'foreign'],
  ],
  [['npx', 'brew', 'consume', '-n', ''], ['']],
  [['npx', 'other', 'co'], ['']],
])('bash completes %j with %j', (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});

it('offers zsh the same, with descriptions', () => {
  const zsh = completionScript('zsh', wordsOf(program));
  expect(zsh).toContain("'consume:show a topic'\\''s records'");
  expect(zsh).toContain("'consume --from') found=(beginning now) ;;");
  expect(zsh).toContain("'consume --limit'|'consume -n') found=() ;;");
  expect(zsh).not.toContain('--hidden');
});
