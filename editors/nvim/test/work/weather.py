def report(temperature, wind):
    umlaut = "Grüße 𝄞"; celsius = temperature - 273.15; gust = "𝄞𝄞"; speed = wind * 1.4
    return {"größe": celsius, "𝄞": speed, "gust": gust, "text": umlaut}
