package steps

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

// The vectors are those that the server's side is tested with; an SDK of AWS
// reckoned them.
func TestTheSRPClientAgreesWithAnSDK(t *testing.T) {
	text, err := os.ReadFile("../mockserver/idp/cognito/srp/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []map[string]string
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 10 {
		t.Fatalf("%d vectors are too few to mean something", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v["name"], func(t *testing.T) {
			secret, _ := new(big.Int).SetString(v["a"], 16)
			client := &srpClient{secret, new(big.Int).Exp(srpGenerator, secret, srpModulus)}
			if got := client.public.Text(16); got != v["A"] {
				t.Fatalf("A is %s", got)
			}
			challenge, err := readChallenge(map[string]any{"SALT": v["salt"], "SRP_B": v["B"], "SECRET_BLOCK": v["block"], "USER_ID_FOR_SRP": v["user"]})
			if err != nil {
				t.Fatal(err)
			}
			if got := client.sign(challenge, v["pool"], v["password"], v["timestamp"]); got != v["signature"] {
				t.Errorf("the signature is %s, want %s", got, v["signature"])
			}
			if got := client.sign(challenge, v["pool"], v["password"]+"x", v["timestamp"]); got == v["signature"] {
				t.Error("another password gives the same signature")
			}
		})
	}
}

func TestAChallengeThatCannotBeMet(t *testing.T) {
	good := map[string]any{"SALT": "0f", "SRP_B": "abc", "SECRET_BLOCK": "AAAA", "USER_ID_FOR_SRP": "admin"}
	if _, err := readChallenge(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]map[string]any{
		"no salt":                     changed(good, "SALT", nil),
		"a salt in words":             changed(good, "SALT", "salt"),
		"a salt of zero":              changed(good, "SALT", "00"),
		"no SRP_B":                    changed(good, "SRP_B", ""),
		"an SRP_B that is a list":     changed(good, "SRP_B", []any{"abc"}),
		"an SRP_B of N":               changed(good, "SRP_B", srpModulus.Text(16)),
		"no secret block":             changed(good, "SECRET_BLOCK", nil),
		"an empty secret block":       changed(good, "SECRET_BLOCK", ""),
		"a secret block in base64url": changed(good, "SECRET_BLOCK", "-_-_"),
	} {
		if _, err := readChallenge(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := readChallenge(nil); err == nil {
		t.Error("nothing at all is taken")
	}
}

func TestATimestampHasNoPaddedDay(t *testing.T) {
	at := time.Date(2022, 6, 5, 1, 8, 6, 0, time.FixedZone("east", 2*3600))
	if got := srpTime(at); got != "Sat Jun 4 23:08:06 UTC 2022" {
		t.Errorf("got %q", got)
	}
}

func TestAPublicValueOfAWantedKind(t *testing.T) {
	odd, err := newSRPClient(func(public *big.Int) bool { return len(public.Text(16))%2 == 1 })
	if err != nil || len(odd.public.Text(16))%2 != 1 {
		t.Errorf("got %v, %v", odd, err)
	}
	if _, err := base64.StdEncoding.DecodeString(flipped(base64.StdEncoding.EncodeToString([]byte("signature")))); err != nil {
		t.Error(err)
	}
}

func TestWordsOfAList(t *testing.T) {
	if got := strings.Join(words("sub, origin_jti, auth_time and exp"), "|"); got != "sub|origin_jti|auth_time|exp" {
		t.Errorf("got %s", got)
	}
}

func FuzzReadChallenge(f *testing.F) {
	f.Add("0f", "abc", "AAAA", "admin")
	f.Add("", "-1", "=", "")
	f.Fuzz(func(t *testing.T, salt, b, block, user string) {
		c, err := readChallenge(map[string]any{"SALT": salt, "SRP_B": b, "SECRET_BLOCK": block, "USER_ID_FOR_SRP": user})
		if err == nil && (c.salt.Sign() <= 0 || c.publicB.Sign() <= 0 || len(c.block) == 0) {
			t.Fatalf("%q %q %q is taken as %+v", salt, b, block, c)
		}
	})
}
