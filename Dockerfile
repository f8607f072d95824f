# WeChat's side in a container: `docker build -t wechat-auth .`, then see docs/en/src/container.md.

# Debian, because its C library is the one that CI links and tries.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates/
COPY packaging packaging/
RUN packaging/build-static

FROM scratch
COPY --from=build /src/target/static/wechat-auth /wechat-auth
USER 65532:65532
EXPOSE 8787
HEALTHCHECK --interval=2s --timeout=5s --retries=3 CMD ["/wechat-auth", "emulate", "health"]
ENTRYPOINT ["/wechat-auth"]
# A container's loopback is nobody else's. Who may reach the port is decided by whoever publishes it.
CMD ["emulate", "--expose", "--listen", "0.0.0.0:8787"]
