package main

import (
	"encoding/json"
	"fmt"
	"time"
)

const (
	goodIdea = `{"content":"the-content","impact":8,"ease":8,"confidence":8}`
	badIdea  = `{"content":"the-content","impact":11,"ease":8,"confidence":8}`
)

// compareLoad fires the same requests at both servers in turns.
func compareLoad(binary string, span time.Duration, rounds int) error {
	mock, err := startMock(binary, "--empty", "--token-lifetime", "24h")
	if err != nil {
		return err
	}
	defer mock.stop()
	reader, err := signUp(mock.address, "reader@example.com")
	if err != nil {
		return err
	}
	for i := range 50 {
		body := fmt.Sprintf(`{"content":"the-content %d","impact":%d,"ease":8,"confidence":8}`, i, 1+i%10)
		if _, err := ask(mock.address, "POST", "/ideas", reader, body, "201"); err != nil {
			return err
		}
	}
	page, err := ask(mock.address, "GET", "/ideas?page=1", reader, "", "200")
	if err != nil {
		return err
	}
	bare, err := startBare(page)
	if err != nil {
		return err
	}
	defer bare.stop()

	fmt.Printf("requests per second, and the server's processor time a request; best of %d rounds of %v\n\n", rounds, span)
	fmt.Printf("%-16s %6s %10s %10s %7s %5s %10s %10s %7s\n", "", "conns", "bare", "mock", "ratio", "aim", "bare cpu", "mock cpu", "ratio")
	for _, c := range []struct {
		name, method, path, body, status string
		aim                              float64
	}{
		{"list a page", "GET", "/ideas?page=1", "", "200", listAim},
		{"create", "POST", "/ideas", goodIdea, "201", createAim},
		{"refused create", "POST", "/ideas", badIdea, "422", createAim},
	} {
		for _, connections := range []int{1, 16, 64} {
			token := reader
			if c.method == "POST" { // its own user, so that the list stays as it is
				if token, err = signUp(mock.address, fmt.Sprintf("writer%d-%s@example.com", connections, c.status)); err != nil {
					return err
				}
			}
			var rates [2]float64
			cost := [2]time.Duration{time.Hour, time.Hour}
			for range rounds {
				for i, p := range []*process{bare, mock} {
					before := p.cpu()
					got, err := rate(p.address, newShot(p.address, c.method, c.path, token, c.body, c.status), connections, span)
					if err != nil {
						return err
					}
					rates[i] = max(rates[i], got)
					cost[i] = min(cost[i], time.Duration(float64(p.cpu()-before)/got/span.Seconds()))
				}
			}
			fmt.Printf("%-16s %6d %10.0f %10.0f %7.2f %5.1f %10v %10v %7.2f\n", c.name, connections, rates[0], rates[1], rates[1]/rates[0], c.aim,
				cost[0].Round(100*time.Nanosecond), cost[1].Round(100*time.Nanosecond), float64(cost[0])/float64(cost[1]))
		}
	}
	fmt.Println()
	return nil
}

func signUp(address, email string) (token string, err error) {
	answer, err := ask(address, "POST", "/users", "", fmt.Sprintf(`{"email":%q,"name":"Bench","password":"the-Secret-123"}`, email), "201")
	if err != nil {
		return "", err
	}
	var session struct{ JWT string }
	err = json.Unmarshal([]byte(answer), &session)
	return session.JWT, err
}
