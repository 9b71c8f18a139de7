import { BrewError } from '@brew/events';
import type { TopicOutcome } from '@brew/kafka';

/** The cluster has a topic that is not as packages/events declares it. Nothing is changed by itself: keys would move. */
export class TopicDiffersError extends BrewError {
  constructor(differing: readonly TopicOutcome[]) {
    const found = differing.map(({ topic, differences }) => `${topic}: ${differences.join(', ')}.`);
    super(
      'BREW_TOPIC_DIFFERS',
      `The cluster's topics are not as declared. ${found.join(' ')} Declare what is there (packages/events), or set settings back (kafka-configs): neither loses anything. Topics that are new (npm start -- --fresh, or docker compose down -v) remove all data.`,
    );
  }
}

/** The job was called with a name that is none, or without an address that it needs. */
export class JobConfigError extends BrewError {
  constructor(problem: string) {
    super('BREW_CONFIG_INVALID', `${problem} Set it, then run the job again.`);
  }
}
