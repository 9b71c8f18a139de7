import { Command } from 'commander';
import type { BridgeOptions } from './bridge/bridge.ts';
import { registerByHand } from './byHand/command.ts';
import { examples, inherit, runningAddresses, untilInterrupted } from './commandLine.ts';
import { registerCompletion } from './completion/command.ts';
import { registerConsume } from './consume/command.ts';
import { addConsumerCommands } from './consumerCommands.ts';
import { registerDlq } from './dlq/command.ts';
import { registerDoctor } from './doctor/command.ts';
import { registerDrill } from './drill/command.ts';
import { registerErase } from './erase/command.ts';
import { exitCodes } from './errors.ts';
import { registerGroups } from './groups/command.ts';
import { type Io, processIo } from './io.ts';
import { registerMetadata } from './metadata/command.ts';
import {
  findBridge,
  parseFrom,
  parseGrace,
  parseItem,
  parseKafkaMode,
  parseLines,
  parseRate,
  parseSpeed,
  parseTopic,
  parseType,
} from './options.ts';
import { registerOverdue } from './overdue/command.ts';
import { registerPartitionOf } from './partitionOf/command.ts';
import { registerProduce } from './produce/command.ts';
import { registerQuorumStatus } from './quorum/command.ts';
import { registerQuorumWatch } from './quorumWatch/command.ts';
import { registerReplay } from './replay/command.ts';
import { registerRewind } from './rewind/command.ts';
import { listenTo } from './standstill/listenTo.ts';
import { registerTopics } from './topics/command.ts';
import type { VerifyOptions } from './verify/verify.ts';
import type { WatchOptions } from './watch/watch.ts';

/**
 * The command line. Each command loads what it needs when it runs, so that `--help` and errors come at once.
 * A command's exit code is what its action hands to `exit`.
 */
export function createProgram(exit: (code: number) => void, heard: Io = processIo()): Command {
  const listening = listenTo(heard);
  const { io } = listening;
  const program = new Command('brew')
    .description('Runs Brew, a coffee chain as an event-driven system, and shows what goes on in it.')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 it did not work, 2 the command line is wrong, 3 (status) nothing runs.',
    )
    .showSuggestionAfterError()
    // What stands behind `replay check` is its own, also where `replay` has an option of that name.
    .enablePositionalOptions()
    .exitOverride();
  program
    .hook('preAction', (_, command) => {
      if (speakForThemselves.includes(outermost(command).name())) return;
      const options = command.optsWithGlobals();
      listening.begin(async () => (await import('./standstill/whatStandsStill.ts')).whatStandsStill(options));
    })
    .hook('postAction', listening.end);
  // Errors are thrown and written in one place; what commander says itself is only help.
  program.configureOutput({ outputError: () => {} });

  program
    .command('up')
    .description(
      'start Kafka, the registry, PostgreSQL, the services and the simulator, and show orders flow',
    )
    .option('--detach', 'leave it running in the background once it is ready')
    .option('--fresh', 'remove the data of earlier starts first')
    .option('--rate <orders>', 'orders per second that customers place, on average', parseRate, 1)
    .option('--no-simulator', 'no customers; the payment provider still runs')
    .option(
      '--speed <factor>',
      'how much faster than life drinks are made and delivered; 0: in no time',
      parseSpeed,
      60,
    )
    .option(
      '--kafka <mode>',
      'combined: three nodes; dedicated: three controllers and three brokers',
      parseKafkaMode,
      'combined',
    )
    .option('--supervise', '', false)
    .addHelpText(
      'after',
      examples(
        'npm start',
        'npm start -- --detach',
        'npm start -- --rate 20 --speed 300',
        'npm start -- --fresh --no-simulator',
        'npm start -- --fresh --kafka dedicated',
      ) + environment,
    )
    .action(async (options) => {
      const { up } = await import('./up/up.ts');
      exit(await up(options, io));
    });
  program.commands
    .at(-1)
    ?.options.find(({ long }) => long === '--supervise')
    ?.hideHelp();

  program
    .command('status')
    .description('show what runs: processes, ports, state, memory, addresses')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew status', 'npx brew status --json | jq .processes')}\nExit code 0: it runs; 3: it does not.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const [{ status }, { renderStatus }, { brewDir }] = await Promise.all([
        import('./status/status.ts'),
        import('./status/renderStatus.ts'),
        import('./paths.ts'),
      ]);
      const found = await status(brewDir());
      const lines = json ? [JSON.stringify(found, null, 2)] : renderStatus(found, io.paint);
      for (const line of lines) await io.out(line);
      exit(found.running ? exitCodes.ok : exitCodes.notRunning);
    });

  registerByHand(program, exit, io);

  program
    .command('down')
    .description('stop what runs and remove its data; downloads stay')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('npx brew down', 'npx brew down --yes'))
    .action(async (options: { yes?: boolean }) => {
      const { down } = await import('./stop.ts');
      exit((await down(options, io)) ? exitCodes.ok : exitCodes.failed);
    });

  program
    .command('logs')
    .description('show the log of a process, or of all of them')
    .argument('[service]', 'order, kafka-1, postgres, supervisor, …; left out: all')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --lines <count>', 'how many lines of each', parseLines, 20)
    .addHelpText('after', examples('npx brew logs order', 'npx brew logs kitchen -f', 'npx brew logs -n 5'))
    .action(async (service: string | undefined, options: { follow?: boolean; lines: number }) => {
      const [{ logs }, { brewDir }, { layout }] = await Promise.all([
        import('./logs/logs.ts'),
        import('./paths.ts'),
        import('@brew/sandbox'),
      ]);
      await logs(service, options, layout(brewDir()).logs, io, untilInterrupted());
      exit(exitCodes.ok);
    });

  program
    .command('watch')
    .description('show events as they are published, decoded')
    .option('--topic <topic>', 'only of this topic, such as orders; may be repeated', parseTopic)
    .option('--type <event>', 'only of this type, such as OrderPlaced; may be repeated', parseType)
    .option('--order <id>', 'only of this order; the end of its id is enough')
    .option('--from <where>', 'where to begin: now or beginning', parseFrom, 'now')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `${examples('npx brew watch', 'npx brew watch --topic payments --topic stock', 'npx brew watch --type OrderCancelled --from beginning', 'npx brew watch --json | jq -c .data')}\nEvents of one order are in order within a topic. There is no order between topics.`,
    )
    .action(async (options: WatchOptions) => {
      const { watch } = await import('./watch/watch.ts');
      await watch(options, await runningAddresses(), io, untilInterrupted());
      exit(exitCodes.ok);
    });

  program
    .command('verify')
    .description('read all events from the beginning and check what must always hold')
    .option('--follow', 'go on with what comes, a line a second')
    .option('--databases', 'compare the databases with the topics, too, and the payment provider')
    .option(
      '--younger-than <seconds>',
      'how long an order may be open, and what follows from its end may take',
      parseGrace,
      120,
    )
    .option('--json', 'as JSON; with --follow one JSON object a line')
    .addHelpText(
      'after',
      `${examples('npx brew verify', 'npx brew verify --younger-than 10', 'npx brew verify --follow', 'npx brew verify --databases', 'npx brew verify --json | jq .breaches', 'npx brew verify --databases --json | jq .databases')}\nExit code 0: all of it holds; 1: something is broken, and the orders are shown with their events,
or could not be read: when nothing has come for 45 s, it says what, and ends.
Of each kind the first five are shown; --json has all. Rows that are missing are not missed once
services may have pruned them: KEEP_DAYS (90) after the order was placed. With --databases an order
that order-service has as paid for longer than OVERDUE_AFTER_SECONDS (3600), or --younger-than if
that is longer, and has not ended is a breach, whatever the topics still hold.`,
    )
    .action(async (options: VerifyOptions) => {
      const { verify } = await import('./verify/verify.ts');
      const sound = await verify(options, await runningAddresses(), io, untilInterrupted());
      exit(sound ? exitCodes.ok : exitCodes.failed);
    });

  program
    .command('bridge')
    .description('feed the next version of a topic from the one before, each record exactly once')
    .argument('<source>', 'the topic that there is, such as brew.orders.v1')
    .argument('<target>', 'the one that takes over from it; made if it is missing')
    .option('--until-caught-up', 'end when everything is bridged that was there at the start')
    .addHelpText(
      'after',
      `${examples('npx brew bridge brew.orders.v1 brew.orders.v2', 'npx brew bridge brew.orders.v1 brew.orders.v2 --until-caught-up')}\nIt may be stopped or killed at any time: the next one goes on where it was. A second one takes\nover from the first. What becomes of an event is said in packages/events/src/bridges.ts.`,
    )
    .action(async (source: string, target: string, options: BridgeOptions) => {
      const found = findBridge(source, target);
      const { bridge } = await import('./bridge/bridge.ts');
      await bridge(found, options, await runningAddresses(), io, untilInterrupted());
      exit(exitCodes.ok);
    });

  program
    .command('order')
    .description('place one order and follow it to its end')
    .option('--cafe <id>', 'where, such as cafe-007; left out: anywhere')
    .option(
      '--item <sku[:quantity]>',
      'what, such as flat-white:2; may be repeated; left out: anything',
      parseItem,
    )
    .option('--name <name>', "the customer's; left out: anybody's")
    .option('--address <address>', 'where to; left out: anywhere')
    .option('--json', 'the order after each change, one JSON object a line')
    .addHelpText(
      'after',
      `${examples('npx brew order', 'npx brew order --cafe cafe-007 --item flat-white:2 --item croissant', 'npx brew order --name "Ada Lovelace" --address "12 Bean Lane"', 'npx brew order --json | tail -1')}\nExit code 0: delivered; 1: cancelled, or not placed.`,
    )
    .action(async (options) => {
      const { order } = await import('./order/order.ts');
      exit(
        (await order(options, await runningAddresses(), io, untilInterrupted()))
          ? exitCodes.ok
          : exitCodes.failed,
      );
    });

  registerReplay(program, exit, io);
  addConsumerCommands(program, exit, io);
  registerTopics(program, exit, io);
  registerGroups(program, exit, io);
  registerRewind(program, exit, io);
  registerConsume(program, exit, io);
  registerDlq(program, exit, io);
  registerErase(program, exit, io);
  registerOverdue(program, exit, io);
  registerProduce(program, exit, io);
  registerPartitionOf(program, exit, io);
  registerQuorumStatus(program, exit, io);
  registerQuorumWatch(program, exit, io);
  registerDoctor(program, exit, io);
  registerMetadata(program, exit, io);
  registerDrill(program, exit, io);
  registerCompletion(program, exit, io);

  for (const command of program.commands) inherit(command);
  return program;
}

/** They show how things are, have a screen of their own, or ask nothing of what runs. */
const speakForThemselves: readonly string[] = [
  ...['up', 'stop', 'start', 'restart', 'down', 'status', 'logs', 'drill', 'replay', 'quorum-watch'],
  ...['new', 'dev', 'remove', 'completion'],
];

/** `dlq` of `dlq list`. */
function outermost(command: Command): Command {
  return command.parent?.parent ? outermost(command.parent) : command;
}

const environment = `

Environment:
  BREW_DIR          where data and logs are kept (default: .brew in the checkout)
  BREW_PORTS=free   take free ports, to run beside another Brew
  BREW_PRIORITIES=equal
                    let no process come behind others, as they do that no customer waits for
  BREW_KAFKA_CLIENT=kafkajs
                    by which services talk to Kafka (default: platformatic); for some of them alone:
                    npx brew restart --help
  What services read, such as KEEP_DAYS or OVERDUE_AFTER_SECONDS (the README of each has its list),
  is handed on to them: OVERDUE_AFTER_SECONDS=60 npm start`;
