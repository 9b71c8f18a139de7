/** Where Brew is: as the documentation says, unless it runs on other ports. */
export const brokers = (process.env.KAFKA_BROKERS ?? 'localhost:19092,localhost:19093,localhost:19094').split(
  ',',
);
export const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? 'http://localhost:8081/apis/ccompat/v7';
