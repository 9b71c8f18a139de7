/**
 * Leaves texts for people as they are: a test that repeated each of them would only make them hard to change. Names, such as those of
 * events in a table, are mutated.
 */
export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'texts',
    value: {
      shouldIgnore({ node }) {
        const parts = node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.raw) : [];
        if (node.type === 'StringLiteral') parts.push(node.value);
        return parts.some((part) => /[a-z,:] | [a-z]/.test(part)) ? 'a text' : undefined;
      },
    },
  },
];
