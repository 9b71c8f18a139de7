import { BrewError } from '@brew/events';

/** The cluster has a topic that is not as packages/events declares it. Nothing is changed by itself: keys would move. */
export class TopicDiffersError extends BrewError {
  constructor(differences: readonly string[]) {
    super(
      'BREW_TOPIC_DIFFERS',
      `The cluster's topics are not as declared: ${differences.join(' ')} Begin with new ones (npm start -- --fresh, or docker compose down -v: both remove all data), or change the declaration in packages/events.`,
    );
  }
}

/** The job was called with a name that is none, or without an address that it needs. */
export class JobConfigError extends BrewError {
  constructor(problem: string) {
    super('BREW_CONFIG_INVALID', `${problem} Set it, then run the job again.`);
  }
}
