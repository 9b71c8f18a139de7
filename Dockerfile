# One image for everything of ours that compose runs: the services, the simulator, the gateway and the one-shot jobs.
# They share all but a few files, and which of them a container is, its command says.
ARG NODE_IMAGE=node:24-slim

# What an install depends on, and nothing else: as long as that is the same, the next stage comes from the cache.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /brew
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' ! -path './patches/*' -delete \
 && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /brew
COPY --from=manifests /brew .
# The pnpm that the project pins. Only what the listed packages need in production, down to those that they depend on.
RUN npx --yes "$(node -p 'require("./package.json").packageManager')" install --prod --frozen-lockfile \
      --filter-prod '{services/*}...' --filter-prod '@brew/consumers...' --filter-prod '@brew/simulator...' \
      --filter-prod '@brew/provision...' --filter-prod '@brew/gateway...'

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /brew
# The layout of the workspace stays: Node strips types from our packages where they stand, and would not below node_modules.
COPY --from=dependencies /brew .
COPY packages packages
COPY services services
# The user `node`, as a number, which also an orchestrator can tell from root. The files are root's: what runs can't change them.
USER 1000:1000
# Bash, which the image has: a Node for each look would cost ten times as much.
HEALTHCHECK --interval=4s --timeout=10s --start-period=180s --retries=3 CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
CMD ["node", "--version"]
