// Package cognito signs in against Assay's Cognito mock with the clients that
// real applications use, unmodified: the AWS SDKs for Go and for JavaScript, each
// with an SRP helper, Amplify, and amazon-cognito-identity-js in Node and in a
// browser.
package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	srp "github.com/alexrudd/cognito-srp/v4"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// A target is what an SDK is configured with.
type target struct {
	Endpoint string `json:"endpoint"`
	Pool     string `json:"pool"`
	Client   string `json:"client"`
	Username string `json:"username"`
	Password string `json:"password"`
	Chromium string `json:"chromium,omitempty"`
}

func (t target) sdk() *cognitoidentityprovider.Client {
	return cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(t.Endpoint), Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
	})
}

// signIn does what the SDK's documentation has an application do.
func (t target) signIn(ctx context.Context, password string, at time.Time) (*types.AuthenticationResultType, error) {
	client := t.sdk()
	defer runtime.KeepAlive(client) // the SDK closes the connections of a client that is garbage, under an answer that is being read
	helper, err := srp.NewCognitoSRP(t.Username, password, t.Pool, t.Client, nil)
	if err != nil {
		return nil, err
	}
	begun, err := client.InitiateAuth(ctx, &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: aws.String(t.Client), AuthParameters: helper.GetAuthParams(),
	})
	if err != nil {
		return nil, err
	}
	responses, err := helper.PasswordVerifierChallenge(begun.ChallengeParameters, at)
	if err != nil {
		return nil, err
	}
	ended, err := client.RespondToAuthChallenge(ctx, &cognitoidentityprovider.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(t.Client), ChallengeResponses: responses,
	})
	if err != nil {
		return nil, err
	}
	return ended.AuthenticationResult, nil
}

func TestTheAWSSDKForGoSignsIn(t *testing.T) {
	ctx, target := t.Context(), start(t)
	client := target.sdk()
	tokens, err := target.signIn(ctx, target.Password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if tokens.ExpiresIn != 3600 || aws.ToString(tokens.TokenType) != "Bearer" {
		t.Errorf("got %d seconds, %q", tokens.ExpiresIn, aws.ToString(tokens.TokenType))
	}
	user, err := client.GetUser(ctx, &cognitoidentityprovider.GetUserInput{AccessToken: tokens.AccessToken})
	if err != nil || aws.ToString(user.Username) != target.Username || len(user.UserAttributes) == 0 || aws.ToString(user.UserAttributes[0].Name) != "sub" {
		t.Fatalf("got %+v, %v", user, err)
	}
	for _, flow := range []types.AuthFlowType{types.AuthFlowTypeRefreshTokenAuth, types.AuthFlowTypeRefreshToken} {
		fresh, err := client.InitiateAuth(ctx, &cognitoidentityprovider.InitiateAuthInput{
			AuthFlow: flow, ClientId: aws.String(target.Client), AuthParameters: map[string]string{"REFRESH_TOKEN": aws.ToString(tokens.RefreshToken)},
		})
		if err != nil || aws.ToString(fresh.AuthenticationResult.AccessToken) == aws.ToString(tokens.AccessToken) {
			t.Errorf("%s: %v", flow, err)
		}
	}
	again, err := client.GetTokensFromRefreshToken(ctx, &cognitoidentityprovider.GetTokensFromRefreshTokenInput{ClientId: aws.String(target.Client), RefreshToken: tokens.RefreshToken})
	if err != nil || aws.ToString(again.AuthenticationResult.IdToken) == "" {
		t.Errorf("GetTokensFromRefreshToken: %v", err)
	}
	if _, err := client.RevokeToken(ctx, &cognitoidentityprovider.RevokeTokenInput{ClientId: aws.String(target.Client), Token: tokens.RefreshToken}); err != nil {
		t.Errorf("RevokeToken: %v", err)
	}
	var refused *types.NotAuthorizedException
	if _, err := client.GetUser(ctx, &cognitoidentityprovider.GetUserInput{AccessToken: tokens.AccessToken}); !errors.As(err, &refused) {
		t.Errorf("a revoked access token: %v", err)
	}
	tokens, err = target.signIn(ctx, target.Password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GlobalSignOut(ctx, &cognitoidentityprovider.GlobalSignOutInput{AccessToken: tokens.AccessToken}); err != nil {
		t.Errorf("GlobalSignOut: %v", err)
	}
	if _, err := client.GetUser(ctx, &cognitoidentityprovider.GetUserInput{AccessToken: tokens.AccessToken}); !errors.As(err, &refused) {
		t.Errorf("a signed-out access token: %v", err)
	}
}

func TestTheAWSSDKForGoReadsTheRefusals(t *testing.T) {
	ctx, target := t.Context(), start(t)
	_, err := target.signIn(ctx, target.Password+"!", time.Now())
	var incorrect *types.NotAuthorizedException
	if !errors.As(err, &incorrect) || incorrect.ErrorMessage() != "Incorrect username or password." {
		t.Errorf("a wrong password: %v", err)
	}
	stranger := target
	stranger.Username = "nobody"
	var unknown *types.UserNotFoundException
	if _, err := stranger.signIn(ctx, target.Password, time.Now()); !errors.As(err, &unknown) {
		t.Errorf("an unknown user: %v", err)
	}
	stray := target
	stray.Client = "nosuchclient"
	var absent *types.ResourceNotFoundException
	if _, err := stray.signIn(ctx, target.Password, time.Now()); !errors.As(err, &absent) {
		t.Errorf("an unknown client: %v", err)
	}
	var invalid *types.InvalidParameterException
	if _, err := target.sdk().InitiateAuth(ctx, &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: aws.String(target.Client), AuthParameters: map[string]string{"USERNAME": target.Username},
	}); !errors.As(err, &invalid) {
		t.Errorf("no SRP_A: %v", err)
	}
	if _, err := target.sdk().RespondToAuthChallenge(ctx, &cognitoidentityprovider.RespondToAuthChallengeInput{
		ChallengeName: types.ChallengeNameTypePasswordVerifier, ClientId: aws.String(target.Client), ChallengeResponses: map[string]string{"USERNAME": target.Username},
	}); !errors.As(err, &invalid) {
		t.Errorf("no secret block: %v", err)
	}
	if _, err := target.sdk().GetUser(ctx, &cognitoidentityprovider.GetUserInput{AccessToken: aws.String("made.up.token")}); !errors.As(err, &incorrect) {
		t.Errorf("a made-up access token: %v", err)
	}
}

// The helper writes the hour on a 12-hour clock, so half of the day it is 12 hours off.
func TestTheHelpersTwelveHourClockIsTaken(t *testing.T) {
	target := start(t)
	for _, hour := range []int{0, 9, 12, 15, 23} {
		at := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + 30*time.Minute)
		if _, err := target.signIn(t.Context(), target.Password, at); err != nil {
			t.Errorf("at %d o'clock: %v", hour, err)
		}
	}
}

// Many sign-ins draw many numbers, some of them with zeros in front.
func TestManySignInsInARow(t *testing.T) {
	target := start(t)
	for range 100 {
		if _, err := target.signIn(t.Context(), target.Password, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheSettingsTakeTheRawToken(t *testing.T) {
	target := start(t)
	tokens, err := target.signIn(t.Context(), target.Password, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	get := func(token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target.Endpoint+"/v1/settings/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("authorization", token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, strings.TrimSpace(string(body))
	}
	if status, body := get(aws.ToString(tokens.AccessToken)); status != 200 || !strings.HasPrefix(body, "[{") {
		t.Errorf("an access token: %d %s", status, body)
	}
	if status, body := get(aws.ToString(tokens.IdToken)); status != 401 || body != `{"message":"Unauthorized"}` {
		t.Errorf("an id token: %d %s", status, body)
	}
}

func TestTheJavaScriptSDKInNode(t *testing.T) { play(t, "node.mjs", start(t)) }

func TestAmplifySignsIn(t *testing.T) { play(t, "amplify.mjs", start(t)) }

func TestTheAWSSDKForJavaScriptSignsIn(t *testing.T) { play(t, "sdk3.mjs", start(t)) }

func TestTheJavaScriptSDKInABrowser(t *testing.T) {
	target := start(t)
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("there is no chromium: run sdktest/run.sh, which installs it (%v)", err)
	}
	target.Chromium = path
	play(t, "browser.mjs", target)
}

// play runs a script with the target for its argument; its output is the test's.
func play(t *testing.T, script string, target target) {
	t.Helper()
	argument, err := json.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", script, string(argument)).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%s: %v", script, err)
	}
}
