/** Where the tests of this run find Kafka, the schema registry and PostgreSQL. */
export interface TestInfrastructure {
  /** Bootstrap addresses, host:port. */
  brokers: string[];
  /** Base address of the Confluent-compatible API, with its path. */
  registryUrl: string;
  /** Connection string of the superuser; tests make their own database with it. */
  postgresUrl: string;
}

/** Carries the addresses from jest's globalSetup into its workers: environment variables are all they share. */
export const variable = 'BREW_TEST_INFRASTRUCTURE';

/**
 * The cluster that globalSetup started for this run (or the one that was running already, when the variable
 * BREW_TEST_INFRASTRUCTURE was set from outside).
 */
export function infrastructure(): TestInfrastructure {
  const json = process.env[variable];
  if (!json) {
    throw new Error(
      `${variable} is not set. Run this test as part of the project "integration": its globalSetup starts Kafka, the registry and PostgreSQL.`,
    );
  }
  return JSON.parse(json) as TestInfrastructure;
}
