import type { Brokers } from '../wire/brokers.ts';
import { ConfigResourceTypes, ConfigSources, describeConfigsV4 } from '../wire/protocol.ts';
import { answerOf, refused } from '../wire/protocolErrors.ts';

/** A setting of a topic. */
export interface TopicSetting {
  name: string;
  /** Null for one that is secret. */
  value: string | null;
  /** What it would be if nobody had set it; undefined when Kafka doesn't say. */
  default: string | null | undefined;
  /** Who set it: for this topic, for all of a broker's or the cluster's topics, or nobody. */
  source: 'topic' | 'broker' | 'default';
}

/** Every setting of these topics. @throws BrokerUnavailableError, ReadRefusedError */
export async function topicSettings(
  brokers: Brokers,
  topics: readonly string[],
): Promise<Map<string, TopicSetting[]>> {
  if (topics.length === 0) return new Map();
  const resources = topics.map((resourceName) => ({
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName,
    configurationKeys: null,
  }));
  const { results } = await brokers.ask('describe the settings of topics', (connection) =>
    answerOf(describeConfigsV4.api.async(connection, resources, true)),
  );
  return new Map(
    results.map(({ resourceName, errorCode, configs }) => {
      if (errorCode !== 0) throw refused(`the settings of ${resourceName}`, errorCode);
      return [resourceName, configs.map(settingOf)];
    }),
  );
}

function settingOf({
  name,
  value,
  isSensitive,
  configSource,
  synonyms,
}: describeConfigsV4.DescribeConfigsResponseConfig): TopicSetting {
  const source =
    configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG
      ? 'topic'
      : configSource === ConfigSources.DEFAULT_CONFIG
        ? 'default'
        : 'broker';
  const standard = synonyms.find((synonym) => synonym.source === ConfigSources.DEFAULT_CONFIG);
  return { name, value: isSensitive ? null : (value ?? null), default: standard?.value, source };
}
