import { BrewError } from '@brew/events';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { describeError } from './errors.ts';
import { createProgram } from './program.ts';
import { plain } from './text/format.ts';

const io = { out: async () => {}, note: () => {}, paint: plain, columns: () => 0 };

/** What the user reads when this command line is wrong, and the exit code. */
async function wrong(...args: string[]) {
  const program = createProgram(() => {}, io);
  const error = await program.parseAsync(['node', 'brew', ...args]).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return describeError(error, { verbose: false });
}

describe('a wrong command line', () => {
  it.each<[string[], RegExp]>([
    [['frobnicate'], /^brew: Unknown command 'frobnicate'\. Run it with --help/],
    [['statsu'], /^brew: Unknown command 'statsu'\. Did you mean status\?$/],
    [['up', '--rte', '5'], /^brew: Unknown option '--rte'\. Did you mean --rate\?$/],
    [['up', '--rate', 'fast'], /^brew: --rate fast is not a number.*\. Give/],
    [['up', '--rate'], /^brew: Option '--rate <orders>' argument missing\. Run it with --help/],
    [['up', '--kafka', 'split'], /^brew: --kafka split is not a mode.*\. Take/],
    [
      ['bridge', 'brew.orders.v1', 'brew.menu.v2'],
      /^brew: There is no bridge from .* to brew\.menu\.v2\. Take one of: brew/,
    ],
    [['bridge', 'brew.orders.v1'], /^brew: Missing required argument 'target'\. Run it/],
    [['watch', '--topic', 'orderz'], /^brew: There is no topic orderz\. Did you mean orders\?$/],
    [['new', 'consumr', 'loyalty'], /^brew: Unknown command 'consumr'\. Did you mean consumer\?$/],
    [['new', 'consumer', 'loyalty'], /^brew: Required option '--events <names>' not specified\./],
    [
      ['new', 'consumer', 'loyalty', '--events', 'OrderPlacd'],
      /no event OrderPlacd\. Did you mean OrderPlaced\?$/,
    ],
    [['replay', 'order'], /^brew: There is nothing to replay in order\. Take analytics\.$/],
    [['replay', 'analytics', '--from', 'yesterday'], /^brew: --from yesterday is not a time.*\. Write/],
    [['replay', 'check', 'analytics', '--from', '1d'], /^brew: Unknown option '--from'\./],
    [['metadata', '--bootstrap', 'a:1'], /^brew: --bootstrap a:1 can not be read from.*\. Run it on a node/],
    [['start'], /^brew: Missing required argument 'names'\. Run it/],
    [['logs', 'a', 'b'], /^brew: Too many arguments for 'logs'/],
  ])('%j is answered with what is wrong and what to do', async (args, text) => {
    expect(await wrong(...args)).toEqual({ text: expect.stringMatching(text), exitCode: 2 });
  });
});

describe('every command', () => {
  const withSubcommands = (command: Command): Command[] => [
    command,
    ...command.commands.flatMap(withSubcommands),
  ];
  const commands = createProgram(() => {}, io).commands.flatMap(withSubcommands);

  it.each(commands.map((command) => [command.name(), command] as const))(
    '%s has help with examples',
    (_name, command) => {
      let help = '';
      const collect = (text: string) => {
        help += text;
      };
      command.configureOutput({ writeOut: collect }).outputHelp();
      expect(help).toMatch(/Examples:\n {2}np[mx] /);
      expect(help).not.toContain('--supervise');
      expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );
});

describe('describeError', () => {
  const error = new BrewError('BREW_PORT_TAKEN', 'Port 3002 is taken. End that process.', {
    cause: new Error('EADDRINUSE'),
  });

  it('says what our errors say, without a stack unless asked for', () => {
    expect(describeError(error, { verbose: false })).toEqual({
      text: 'brew: Port 3002 is taken. End that process.',
      exitCode: 1,
    });
    const { text } = describeError(error, { verbose: true });
    expect(text).toContain('program.test.ts');
    expect(text).toContain('Caused by: Error: EADDRINUSE');
  });

  it('says where to look when Kafka does not answer', () => {
    const away = new BrewError('BREW_BROKER_UNAVAILABLE', 'Kafka could not be reached to ask: no leader.');
    expect(describeError(away, { verbose: false }).text).toBe(
      'brew: Kafka could not be reached to ask: no leader. See what runs with npx brew status.',
    );
  });

  it('says of what nobody expected where to look', () => {
    expect(describeError(new TypeError('x is not a function'), { verbose: false }).text).toBe(
      'brew: Something unexpected went wrong: x is not a function. Run it again with --verbose to see where it happened.',
    );
  });
});
