# A server of agents: the static program and nothing else. `tools/image` builds it from target/image.
#
#     docker run --rm --volume lua-store:/data lua-store serve token create --agent shop --scope push
#     docker run --read-only --volume lua-store:/data --publish 127.0.0.1:7420:7420 lua-store
FROM scratch
ARG TARGETARCH
COPY $TARGETARCH/lua-store /bin/lua-store
COPY --chown=65532:65532 data /data
USER 65532:65532
ENV PATH=/bin LUA_STORE_DATA=/data
VOLUME /data
EXPOSE 7420
# There is no shell and no curl: the program asks itself.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/bin/lua-store", "serve", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/lua-store"]
CMD ["serve", "--listen", "0.0.0.0:7420"]
