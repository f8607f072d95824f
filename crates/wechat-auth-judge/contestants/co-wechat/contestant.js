'use strict';

// co-wechat-api and co-wechat-oauth, as their READMEs use them, behind the judge's contract: JSON lines on
// stdin and stdout.

const readline = require('readline');
const WechatAPI = require('co-wechat-api');
const OAuth = require('co-wechat-oauth');
const { HttpsProxyAgent } = require('https-proxy-agent');

const { WECHAT_APPID, WECHAT_APPSECRET, HTTPS_PROXY } = process.env;
const api = new WechatAPI(WECHAT_APPID, WECHAT_APPSECRET);
const oauth = new OAuth(WECHAT_APPID, WECHAT_APPSECRET);

// Their HTTP client, httpx, reads no proxy from the environment. An agent is the option it has for that; like
// its own, this one keeps connections alive.
const agent = new HttpsProxyAgent(HTTPS_PROXY, { keepAlive: true });
api.setOpts({ agent });
oauth.setOpts({ agent });

const can = {
  async hello() {
    return { name: `co-wechat ${require('co-wechat-api/package.json').version}` };
  },

  async call() {
    const answer = await api.getIp();
    if (!answer || !Array.isArray(answer.ip_list)) {
      throw new TypeError(`getIp resolved to ${String(answer)}`);
    }
    return {};
  },

  async token() {
    const { accessToken } = await api.ensureAccessToken();
    if (typeof accessToken !== 'string') {
      throw new TypeError(`the access token is ${String(accessToken)}`);
    }
    return { token: accessToken };
  },

  // The README passes a fixed text as the state.
  async login({ redirect_uri, scope }) {
    return { url: oauth.getAuthorizeURL(redirect_uri, 'state', scope) };
  },

  async callback({ query }) {
    const token = await oauth.getAccessToken(new URLSearchParams(query).get('code'));
    return { openid: token.data.openid };
  },

  // The SDK reads the time by Date.now; TLS and timers do not.
  async advance({ seconds }) {
    const before = Date.now;
    Date.now = () => before() + seconds * 1000;
    return {};
  },
};

async function serve(asked) {
  let answer;
  try {
    const todo = can[asked.do];
    answer = todo ? { ok: true, ...(await todo(asked)) } : { ok: false, unsupported: true };
  } catch (error) {
    answer = { ok: false, error: String(error) };
  }
  process.stdout.write(JSON.stringify({ id: asked.id, ...answer }) + '\n');
}

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => serve(JSON.parse(line)))
  .on('close', () => process.exit(0));
