/**
 * What we use of @platformatic/kafka: a connection, and requests and answers of Kafka's protocol. The library's only door loads its clients, too,
 * and with them a compiler for the schemas of their options: a second of CPU before a command does anything. So its parts are taken by their path,
 * and patches/@platformatic__kafka@2.12.1.patch keeps the connection from loading the rest.
 */

export * as alterClientQuotasV1 from '../../node_modules/@platformatic/kafka/dist/apis/admin/alter-client-quotas-v1.js';
export * as consumerGroupDescribeV0 from '../../node_modules/@platformatic/kafka/dist/apis/admin/consumer-group-describe-v0.js';
export * as createTopicsV7 from '../../node_modules/@platformatic/kafka/dist/apis/admin/create-topics-v7.js';
export * as deleteGroupsV2 from '../../node_modules/@platformatic/kafka/dist/apis/admin/delete-groups-v2.js';
export * as deleteTopicsV6 from '../../node_modules/@platformatic/kafka/dist/apis/admin/delete-topics-v6.js';
export * as describeConfigsV4 from '../../node_modules/@platformatic/kafka/dist/apis/admin/describe-configs-v4.js';
export * as describeGroupsV5 from '../../node_modules/@platformatic/kafka/dist/apis/admin/describe-groups-v5.js';
export * as describeLogDirsV4 from '../../node_modules/@platformatic/kafka/dist/apis/admin/describe-log-dirs-v4.js';
export * as describeQuorumV2 from '../../node_modules/@platformatic/kafka/dist/apis/admin/describe-quorum-v2.js';
export * as listGroupsV5 from '../../node_modules/@platformatic/kafka/dist/apis/admin/list-groups-v5.js';
export * as consumerGroupHeartbeatV1 from '../../node_modules/@platformatic/kafka/dist/apis/consumer/consumer-group-heartbeat-v1.js';
export * as fetchV13 from '../../node_modules/@platformatic/kafka/dist/apis/consumer/fetch-v13.js';
export * as listOffsetsV7 from '../../node_modules/@platformatic/kafka/dist/apis/consumer/list-offsets-v7.js';
export * as offsetCommitV9 from '../../node_modules/@platformatic/kafka/dist/apis/consumer/offset-commit-v9.js';
export * as offsetFetchV9 from '../../node_modules/@platformatic/kafka/dist/apis/consumer/offset-fetch-v9.js';
export { createAPI } from '../../node_modules/@platformatic/kafka/dist/apis/definitions.js';
export {
  ConfigResourceTypes,
  ConfigSources,
} from '../../node_modules/@platformatic/kafka/dist/apis/enumerations.js';
export * as apiVersionsV3 from '../../node_modules/@platformatic/kafka/dist/apis/metadata/api-versions-v3.js';
export * as findCoordinatorV6 from '../../node_modules/@platformatic/kafka/dist/apis/metadata/find-coordinator-v6.js';
export * as metadataV12 from '../../node_modules/@platformatic/kafka/dist/apis/metadata/metadata-v12.js';
export * as addOffsetsToTxnV4 from '../../node_modules/@platformatic/kafka/dist/apis/producer/add-offsets-to-txn-v4.js';
export * as addPartitionsToTxnV3 from '../../node_modules/@platformatic/kafka/dist/apis/producer/add-partitions-to-txn-v3.js';
export * as endTxnV4 from '../../node_modules/@platformatic/kafka/dist/apis/producer/end-txn-v4.js';
export * as initProducerIdV5 from '../../node_modules/@platformatic/kafka/dist/apis/producer/init-producer-id-v5.js';
export * as produceV9 from '../../node_modules/@platformatic/kafka/dist/apis/producer/produce-v9.js';
export * as txnOffsetCommitV4 from '../../node_modules/@platformatic/kafka/dist/apis/producer/txn-offset-commit-v4.js';
export { readKnownTaggedFields } from '../../node_modules/@platformatic/kafka/dist/apis/tagged-fields.js';
export { ResponseError, TimeoutError } from '../../node_modules/@platformatic/kafka/dist/errors.js';
export { Connection } from '../../node_modules/@platformatic/kafka/dist/network/connection.js';
export { compressionsAlgorithms } from '../../node_modules/@platformatic/kafka/dist/protocol/compression.js';
export { protocolErrorsCodesById } from '../../node_modules/@platformatic/kafka/dist/protocol/errors.js';
export type { Reader } from '../../node_modules/@platformatic/kafka/dist/protocol/reader.js';
export { Writer } from '../../node_modules/@platformatic/kafka/dist/protocol/writer.js';
