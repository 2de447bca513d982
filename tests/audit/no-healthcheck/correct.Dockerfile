FROM node:22-bookworm-slim
COPY index.js /srv/index.js
USER node
EXPOSE 3000
HEALTHCHECK CMD ["node", "-e", "fetch('http://localhost:3000/').then(r => process.exit(r.ok ? 0 : 1))"]
CMD ["node", "/srv/index.js"]
