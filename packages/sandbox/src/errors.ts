import { BrewError } from '@brew/events';
import type { Jdk } from './artifacts/java.ts';
import type { KafkaMode } from './kafka/nodes.ts';
import type { PortUse } from './ports.ts';
import type { PortOwner } from './processes/portOwner.ts';

// Every message has two sentences: what is wrong, and what to do.

/** There is no Java that runs Kafka and the registry. */
export class JdkMissingError extends BrewError {
  constructor(oldest: number, found: readonly Jdk[]) {
    const seen =
      found.length === 0
        ? 'none was found in JAVA_HOME, PATH and the usual folders'
        : `found only ${found.map((jdk) => `Java ${jdk.major} in ${jdk.home}`).join(', ')}`;
    super(
      'BREW_JAVA_MISSING',
      `Brew needs a JDK of version ${oldest} or newer: ${seen}. Install one (such as Eclipse Temurin 25 from adoptium.net), set JAVA_HOME if it stands in an unusual place, or use Docker.`,
    );
  }
}

/** Maven is needed to fetch Kafka or the registry, and is not there. */
export class MavenMissingError extends BrewError {
  constructor() {
    super(
      'BREW_MAVEN_MISSING',
      'Brew fetches Kafka and the schema registry with Maven, and there is no mvn in MAVEN_HOME or on PATH. Install Maven (maven.apache.org, or the package "maven" of your system), or use Docker.',
    );
  }
}

/** Maven could not fetch something. */
export class DownloadFailedError extends BrewError {
  constructor(what: string, lastLines: string, cause?: unknown) {
    super(
      'BREW_DOWNLOAD_FAILED',
      `Maven could not fetch ${what}. Check the network and Maven's settings (~/.m2/settings.xml), then start again; Maven's last lines were:\n${lastLines}`,
      { retryable: true, cause },
    );
  }
}

/** Ports that the sandbox needs are somebody else's. */
export class PortTakenError extends BrewError {
  /** Who has which port, a sentence each. */
  readonly by: string;

  constructor(taken: readonly (PortUse & { owner: PortOwner | undefined })[]) {
    const lines = taken.map(({ port, use, owner }) => {
      const by = owner
        ? ` by process ${owner.pid} (${owner.command})`
        : ' by a process that could not be told';
      return `Port ${port}, needed for ${use}, is taken${by}.`;
    });
    super('BREW_PORT_TAKEN', `${lines.join('\n')}\nEnd that process, then start again.`);
    this.by = lines.join(' ');
  }
}

/** A second start in the folder of one that runs. */
export class AlreadyRunningError extends BrewError {
  constructor(pid: number, dir: string) {
    super(
      'BREW_ALREADY_RUNNING',
      `Brew runs already as process ${pid}, in ${dir}. Use that one, or stop it first with: npx brew stop.`,
    );
  }
}

/** The process that runs Brew did not do what another one asked of it. Nothing was changed, or the message says what was. */
export class ControlRefusedError extends BrewError {
  constructor(problem: string, cause?: unknown) {
    super('BREW_CONTROL_REFUSED', problem, { cause });
  }
}

/** A broker, PostgreSQL, the registry or a service ended without being asked to. */
export class ProcessDiedError extends BrewError {
  constructor(name: string, how: string, logFile: string, lastLines: string) {
    super(
      'BREW_PROCESS_DIED',
      `${name} ended by itself (${how}). Read its log, ${logFile}, which ends with:\n${lastLines || '(nothing)'}`,
    );
  }
}

/** A run that was asked to stop still lives. */
export class StopTimeoutError extends BrewError {
  constructor(pid: number, seconds: number) {
    super(
      'BREW_STOP_TIMEOUT',
      `Process ${pid}, which runs Brew, did not end within ${seconds} s. End it at once with: npx brew stop --now.`,
    );
  }
}

/** Something was started and lives, but did not get ready in time. */
export class StartTimeoutError extends BrewError {
  constructor(what: string, seconds: number, logFile: string, lastLines: string, cause?: unknown) {
    super(
      'BREW_START_TIMEOUT',
      `${what} did not become ready within ${seconds} s. Read its log, ${logFile}, which ends with:\n${lastLines || '(nothing)'}`,
      { retryable: true, cause },
    );
  }
}

/** The disk has too little room for a start. @param free what it has, in words */
export class DiskFullError extends BrewError {
  constructor(dir: string, free: string, neededMiB: number) {
    super(
      'BREW_DISK_FULL',
      `The disk of ${dir} ${free}, and Brew needs ${neededMiB} MiB to start. Free some, then start again.`,
    );
  }
}

/** The sandbox can't write where it is told to. */
export class FolderUnusableError extends BrewError {
  constructor(dir: string, cause: unknown) {
    super(
      'BREW_CONFIG_INVALID',
      `Brew can't write in ${dir} (${(cause as Error).message}). Give that folder to the user who starts Brew, or start it as the user who owns it.`,
      { cause },
    );
  }
}

/** The folder has a name that Kafka can't take: its log.dirs is a list, and there is no way to write a comma that does not part it. */
export class FolderNameError extends BrewError {
  constructor(dir: string) {
    super(
      'BREW_CONFIG_INVALID',
      `Kafka would take ${dir} for several folders, since there is a comma in its name. Set BREW_DIR to a folder without one.`,
    );
  }
}

/** PostgreSQL refuses to run as root, and there is nobody else to run it as. */
export class PostgresUserMissingError extends BrewError {
  constructor(cause?: unknown) {
    super(
      'BREW_DATABASE_UNAVAILABLE',
      'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it as. Start Brew as an ordinary user, or use Docker.',
      { cause },
    );
  }
}

/** A PostgreSQL that no run knows of has the data. */
export class DataInUseError extends BrewError {
  constructor(data: string, pid: number) {
    super(
      'BREW_DATABASE_UNAVAILABLE',
      `PostgreSQL runs already on ${data}, as process ${pid}, which no run of Brew knows of. End it in order with kill -INT ${pid}, then start again.`,
    );
  }
}

/** PostgreSQL's data folder could not be made. */
export class PostgresInitError extends BrewError {
  constructor(lastLines: string, cause?: unknown) {
    super(
      'BREW_DATABASE_UNAVAILABLE',
      `PostgreSQL's data folder could not be made. Read what initdb said:\n${lastLines}`,
      { cause },
    );
  }
}

/** The data are of a cluster in the other mode. */
export class KafkaModeDiffersError extends BrewError {
  constructor(dir: string, found: KafkaMode) {
    super(
      'BREW_CONFIG_INVALID',
      `The data in ${dir} are of a cluster in ${found} mode. Start with --kafka ${found} to go on with them, or with --fresh to begin anew (this removes all data).`,
    );
  }
}

/** A broker's data folder could not be formatted, or belongs to another cluster. */
export class FormatError extends BrewError {
  constructor(node: string, lastLines: string, cause?: unknown) {
    super(
      'BREW_BROKER_UNAVAILABLE',
      `The data folder of ${node} could not be formatted. Read what Kafka's StorageTool said (npm start -- --fresh starts with empty folders):\n${lastLines}`,
      { cause },
    );
  }
}
