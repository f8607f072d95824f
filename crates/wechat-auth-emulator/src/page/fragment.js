'use strict';
// What no server sees: whether the link ended in #wechat_redirect.
if (location.hash !== '#wechat_redirect') {
  const warning = document.getElementById('no-fragment');
  const nonce = document.querySelector('input[name=nonce]').value;
  warning.hidden = false;
  fetch(warning.dataset.report, {
    method: 'POST',
    keepalive: true,
    body: new URLSearchParams({ nonce, decision: 'no_fragment' }),
  });
}
