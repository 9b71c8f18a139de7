/** What batches can be packed with. */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
