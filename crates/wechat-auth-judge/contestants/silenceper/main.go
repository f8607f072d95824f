// The SDK github.com/silenceper/wechat/v2, as its README uses it, behind the judge's contract: JSON lines on
// stdin and stdout. With the argument "stable", the one option is set that changes where its tokens come from.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	offConfig "github.com/silenceper/wechat/v2/officialaccount/config"
)

type request struct {
	ID          json.RawMessage `json:"id"`
	Do          string          `json:"do"`
	RedirectURI string          `json:"redirect_uri"`
	Scope       string          `json:"scope"`
	Query       string          `json:"query"`
}

type answer struct {
	ID          json.RawMessage `json:"id"`
	OK          bool            `json:"ok"`
	Unsupported bool            `json:"unsupported,omitempty"`
	Error       string          `json:"error,omitempty"`
	Name        string          `json:"name,omitempty"`
	Token       string          `json:"token,omitempty"`
	URL         string          `json:"url,omitempty"`
	OpenID      string          `json:"openid,omitempty"`
}

func main() {
	account := wechat.NewWechat().GetOfficialAccount(&offConfig.Config{
		AppID:       os.Getenv("WECHAT_APPID"),
		AppSecret:   os.Getenv("WECHAT_APPSECRET"),
		Cache:       cache.NewMemory(),
		UseStableAK: len(os.Args) > 1 && os.Args[1] == "stable",
	})
	// The modules that an application keeps; they are made on first use, and not for several goroutines.
	account.GetBasic()
	account.GetOauth()

	var said sync.Mutex
	out := json.NewEncoder(os.Stdout)
	// A link holds ampersands; nobody puts these lines into a page.
	out.SetEscapeHTML(false)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		go func() {
			answered, err := serve(account, asked)
			answered.ID, answered.OK = asked.ID, err == nil && !answered.Unsupported
			if err != nil {
				answered.Error = err.Error()
			}
			said.Lock()
			defer said.Unlock()
			_ = out.Encode(answered)
		}()
	}
}

// The SDK, its version, and the option, if it is set.
func name() string {
	name := append([]string{"silenceper"}, os.Args[1:]...)
	if built, ok := debug.ReadBuildInfo(); ok {
		for _, module := range built.Deps {
			if module.Path == "github.com/silenceper/wechat/v2" {
				name = append(name, module.Version)
			}
		}
	}
	return strings.Join(name, " ")
}

func serve(account *officialaccount.OfficialAccount, asked request) (answer, error) {
	switch asked.Do {
	case "hello":
		return answer{Name: name()}, nil
	case "call":
		_, err := account.GetBasic().GetCallbackIP()
		return answer{}, err
	case "token":
		token, err := account.GetAccessToken()
		if err == nil && token == "" {
			err = errors.New("the access token is empty")
		}
		return answer{Token: token}, err
	case "login":
		link, err := account.GetOauth().GetRedirectURL(asked.RedirectURI, asked.Scope, "state")
		return answer{URL: link}, err
	case "callback":
		query, err := url.ParseQuery(asked.Query)
		if err != nil {
			return answer{}, err
		}
		token, err := account.GetOauth().GetUserAccessToken(query.Get("code"))
		return answer{OpenID: token.OpenID}, err
	default:
		// The time is read in the SDK by time.Now, which a program cannot replace: no "advance".
		return answer{Unsupported: true}, nil
	}
}
